"""Hot reload: notices that the bundle's source changed, has it examined by a child process, swaps what is good."""
