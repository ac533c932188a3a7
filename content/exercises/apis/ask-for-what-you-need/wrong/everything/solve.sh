kubectl rollout status deployment catalogue
kubectl port-forward service/catalogue 4000:4000 > /dev/null &
curl -s --retry 20 --retry-delay 1 --retry-connrefused http://127.0.0.1:4000/products > answer.json
kill %1
