export default {
    loading: "Đang tải…",
};
