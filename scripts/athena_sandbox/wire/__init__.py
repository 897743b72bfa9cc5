"""What the ports of the stack do with a request before its service sees it."""
