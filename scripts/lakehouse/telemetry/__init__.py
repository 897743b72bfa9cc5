"""Generated bronze data of a streaming company: its tables, its dirt, and the truth about both."""
