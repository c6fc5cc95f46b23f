"""Sound and video, and formats that are only identified."""
