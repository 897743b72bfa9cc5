"""What every port of the stack does with a request before its service sees it."""
