"""The command line: one file per command. Parses, asks for secrets, prints; every act is an action's."""
