"""Images on any model, room by room, and what many do at once."""
