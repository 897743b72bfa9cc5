"""Bronze data of a streaming company, made up but coherent: its tables, its dirt and the truth about both."""
