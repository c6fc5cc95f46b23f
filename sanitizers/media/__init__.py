"""Sound and video, and documents of which only the text can be taken."""
