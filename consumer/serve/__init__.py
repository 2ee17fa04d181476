"""The HTTP API and the page beside it: a door to the memory, as a process of its own."""
