"""What is kept as a whole: opening, identity, backup, room on the disk, settled time."""
