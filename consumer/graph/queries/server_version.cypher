// Purpose: the version of the server.
// Parameters: none
// Result: `rows`: one text
CALL dbms.components() YIELD name, versions
WITH name, versions WHERE name = 'Neo4j Kernel'
RETURN [versions[0]] AS rows
