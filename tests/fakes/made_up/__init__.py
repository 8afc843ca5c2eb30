"""A subject of the tests' own: the proof that a subject needs its folder and one name in a list."""
