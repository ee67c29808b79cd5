"""What is recorded: fields, codelists and the lifecycle, all read from one codebook. No rule of judging."""
