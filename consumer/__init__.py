"""Kafka episodes in, a temporal knowledge graph in Neo4j out."""

__version__ = "0.1.0"
