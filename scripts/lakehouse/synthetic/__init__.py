"""What generators of bronze data share: chance, texts of times, dirt, the bucket they write to."""
