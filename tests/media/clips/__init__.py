"""Clips, made by a real ffmpeg and looked at frame by frame."""
