"""From a recipe to a run: data, augmentation, the Lightning module, checkpoints, the bundle."""
