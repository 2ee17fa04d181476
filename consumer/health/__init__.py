"""Whether the pod lives, is ready, and where it stands: decisions, an HTTP endpoint, a watcher of the event loop."""
