"""Pictures of a data set: what is in it, how it falls into its labels, what does not fit.

What is computed (`collection`, `maps`, `correlation`, `spectra`, `outliers`, `listening`) is plain
numbers; `page` shows them, `figure` draws what goes into a document. Nothing here imports torch.
"""

from earmark.explore.exploration import Exploration as Exploration
from earmark.explore.exploration import explore as explore
