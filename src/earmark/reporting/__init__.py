"""What people read of models: pages with plots, and tables of runs side by side.

`plots` draws, `figures` knows what is drawn of answers, `model_page` and `comparison_page` are the
pages; `runs` reads the folders of runs, and `comparison` sets them side by side.
"""
