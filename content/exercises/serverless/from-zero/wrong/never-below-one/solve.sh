kubectl apply -f report.yaml
kn service wait report --wait-timeout 120
sleep 40
