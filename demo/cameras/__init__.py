"""Cameras to test and to show with: real RTSP streams whose picture is a clock, made by ffmpeg.

``camera`` serves one, ``remote`` runs one in a process of its own, ``reading`` reads the clock back
out of a video file, ``network`` plays a hundred network cameras of every kind.
"""
