"""The MCP server: the memory as tools for assistants, under the names that users of Graphiti's server know."""
