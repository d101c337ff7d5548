"""Several recipes → one bundle: members are trained, judged by folds, pooled, and put together.

recipe    the TOML file that names members and outputs, read strictly
sides     who stands where: official sides, folds by artist, or all of it
training  members → runs; what is finished is not done again
work      one of these trainings, here or in a worker process
pooling   answers of members → answers of the blend, temperatures, thresholds
writing   answers, report and bundle
"""
