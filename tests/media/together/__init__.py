"""Ring and recorder together, of real streams by RTSP."""
