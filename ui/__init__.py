"""The Qt screens of RESET-OR. Talks to the workspace and its actions; owns no rule of the trial."""
