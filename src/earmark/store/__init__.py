"""Features on disk: extracted once, read many times, memory-mapped.

A store is a folder of ordinary files, which `earmark.extraction` writes:

    store.json           what is stored: the feature with all its settings, number type, data set
    index.jsonl          a line of JSON per track, in the data set's order; written last
    arrays/ab/KEY.npy    one array per distinct file content, as `numpy.load` reads it
    arrays/ab/KEY.txt    in its stead where content gives no feature: the reason
    unfinished/          arrays that are being written

KEY is the SHA-256 of the file's own SHA-256 together with feature, number type and kind of file;
`ab` are its first two digits. So equal files share an array, a changed file gets a new one, and
whatever is in `arrays` is finished. No path and no time is written: the same data give the same
store, byte for byte.

Arrays lie on disk with their time axis first, so that a clip is one contiguous stretch of the file.
Reading gives them their own shape back as a view.
"""

from __future__ import annotations

from earmark.store.layout import Row as Row
from earmark.store.layout import StoredType as StoredType
from earmark.store.layout import StoreSettings as StoreSettings
from earmark.store.reading import Store as Store
