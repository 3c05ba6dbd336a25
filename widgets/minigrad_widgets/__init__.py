"""Views: they read what the engine recorded, and draw it."""
