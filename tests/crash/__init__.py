"""What a crash, a full disk, a second job or a dead server leaves behind: see docs/crashes.md."""
