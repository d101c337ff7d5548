"""What becomes of a model's answers when the sound is changed in ways that leave the music."""
