docker build -t localhost:5001/price-alert:1 .
docker push localhost:5001/price-alert:1
kn service create price-alert --image localhost:5001/price-alert:1
