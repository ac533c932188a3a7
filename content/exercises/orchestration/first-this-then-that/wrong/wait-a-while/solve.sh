kubectl replace --force -f report.yaml
