"""Which names mean the same thing: rules on pairs of names, and one entity for each set of names. Pure."""
