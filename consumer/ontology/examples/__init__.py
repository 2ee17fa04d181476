"""Ontologies to start from, with mappings for real records; docs/guides/ontology.md tells about them. Data only."""
