"""Reading the graph for search and for questions: a module for each way of asking, Cypher in `graph/queries`."""
