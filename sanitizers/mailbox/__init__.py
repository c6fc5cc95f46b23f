"""Mail in other wrappings: Outlook messages, TNEF, mbox, S/MIME."""
