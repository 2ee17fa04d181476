"""The real Kafka and Neo4j on this machine with pip alone; see `LocalStack` and docs/decisions/0002-local-stack.md."""

from consumer.stack.jars import Service
from consumer.stack.local import LocalStack
from consumer.stack.options import StackOptions

__all__ = ["LocalStack", "Service", "StackOptions"]
