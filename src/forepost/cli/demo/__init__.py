"""`forepost demo`: a controller with made-up sites: a network to look at within a minute."""
