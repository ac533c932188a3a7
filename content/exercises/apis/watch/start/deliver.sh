# A parcel's way: packed, on its way, delivered, and gone.
kubectl apply -f parcel.yaml
sleep 2
kubectl patch configmap parcel --type merge -p '{"data":{"state":"on its way"}}'
sleep 2
kubectl patch configmap parcel --type merge -p '{"data":{"state":"delivered"}}'
sleep 2
kubectl delete configmap parcel
