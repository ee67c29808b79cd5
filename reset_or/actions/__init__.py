"""One function for each thing a person does, and the gate for what a person may see. Owns no rule."""
