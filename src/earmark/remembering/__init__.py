"""Music and made sounds → the memory of a bundle, and what it is worth.

gathering  tracks → vectors, of whole clips and of stretches; sounds that are made → vectors
fitting    vectors → a memory: embedding, kinds of sound, limits
judging    folds by artist: how often it abstains, what it catches, who its neighbours are
"""
