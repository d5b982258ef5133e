"""The commands of ``notebooks``, one module each; what takes long to import is imported when the command runs."""
