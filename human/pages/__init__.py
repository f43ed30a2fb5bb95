"""What the pages of this room share: a server behind a link, a desktop on a canvas, events taken once."""
