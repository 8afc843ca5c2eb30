"""The way to a target: packets, routers' answers, runs, and ways seen before."""
