"""Archives and compressed files: members cleaned one by one, written anew as ZIP."""
