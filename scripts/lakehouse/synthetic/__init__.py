"""What generators of bronze data share: random numbers, times as text, dirt, the bucket they write to."""
