"""Records what the market stream says, frame by frame, for replays."""
