"""What needs a real ffmpeg."""
