bash playbook.sh
