"""Which entities belong together, and what such a community is called and told as. Pure but for the chat model."""
