"""What travels: the wire event, the episode, the work that carries it, and the knowledge taken from it.

Plain data and pure functions. Knows no client, no clock, no settings.
"""
